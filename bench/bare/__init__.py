"""The floor: what a page, an insert and an API list cost in Django when they do nothing but that."""
