"""How people come in and stay in: passwords, second factors, single sign-on, sessions, and the record of it all.

Nobody signs up: an administrator creates users, or the company's own sign-on does.
"""
