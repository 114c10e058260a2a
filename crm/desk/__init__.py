"""The pages that belong to no stage: home, search, notifications, customers, products, people, settings, jobs."""
