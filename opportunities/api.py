"""The endpoints of this stage."""
