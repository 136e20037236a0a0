"""What runs on the Raspberry Pi in a vehicle or space. Imports `contract`, never `backend`."""
