package format

// Dialects of OpenAI's formats.
var azure, xai, deepseek, openrouter, groq, mistral, litellm []route
