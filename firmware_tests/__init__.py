"""Drivers and agents against emulated devices that independent clients have certified."""
