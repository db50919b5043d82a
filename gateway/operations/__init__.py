"""What apps can ask for, one file each: chat, embeddings, rerank … in the dialect they ask in."""
