"""The SQL store: one schema, its migrations and its transactions; SQLite or PostgreSQL."""
