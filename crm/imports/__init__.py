"""Bringing in files: from the upload over questions and preview to the records, and back by undo.

The engine knows no stage. What can be brought in is declared by each app in its `imports.py` (`crm.imports.kinds`).
"""
