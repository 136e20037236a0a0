"""Co-pass rights: from grants to what each door may decide from."""
