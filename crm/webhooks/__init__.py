"""Telling other programs what happened: each event of the log, signed, in order per case, until they have it.

The message format is that of standardwebhooks.com.
"""
