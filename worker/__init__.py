"""The worker: Celery tasks, woken by name, that call one domain function each and commit."""
