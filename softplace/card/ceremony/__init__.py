"""The steps of the key ceremony, one file each; docs/key-ceremony.md is the page beside them."""
