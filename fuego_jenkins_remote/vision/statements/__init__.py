"""All of vision's SQL: plain functions of a connection, rows in and values out; a module a noun."""
