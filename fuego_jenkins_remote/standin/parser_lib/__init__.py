"""What a test's parser.py finds as ``common`` where no Fuego is installed."""
