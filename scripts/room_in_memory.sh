#!/bin/sh
# Print a folder in memory with half a gigabyte to spare; nothing where there is none.
folder=/dev/shm
room=$(df --output=avail -B1M "$folder" 2>/dev/null | tail -n 1)
if [ "${room:-0}" -gt 500 ] && [ -w "$folder" ]; then
  echo "$folder"
fi
