"""Campaigns: requests that are put together, read together, called off together, and put again where they failed."""
