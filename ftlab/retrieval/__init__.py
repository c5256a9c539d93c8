"""Documents, the chunks they are cut into, the index that holds them, and who may see which."""
