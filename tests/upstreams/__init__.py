"""Real upstreams: llama.cpp's server and LiteLLM's proxy, each in an environment of its own."""
