"""What exists: wards, links, devices, services, and the words to speak of them."""
