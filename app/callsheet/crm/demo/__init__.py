"""A small CRM inside this process that speaks the HubSpot dialect: for `callsheet demo`, and to test against."""
