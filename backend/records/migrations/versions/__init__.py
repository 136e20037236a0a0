"""One file per change of the schema, in order; a published file is never edited."""
