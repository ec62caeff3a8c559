"""The hub: boards, requests and who may do what. It schedules; it runs nothing and keeps no results."""
