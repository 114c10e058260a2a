"""Bank accounts, their statements, and what each line of them pays."""
