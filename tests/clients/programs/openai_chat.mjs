// OpenAI's Node SDK: a whole answer, a stream, a tool call, the models, a wrong key.
import { createRequire } from "node:module";

const OpenAI = createRequire(process.env.MODULES)("openai").default;
const baseURL = process.env.SWITCHBOARD_URL + "/v1";
const asked = { model: "fake-large", messages: [{ role: "user", content: "Say hello." }] };
const tool = { type: "function", function: { name: "get_weather", parameters: { type: "object", properties: {} } } };
const client = new OpenAI({ baseURL, apiKey: process.env.SWITCHBOARD_KEY, maxRetries: 0 });

const whole = await client.chat.completions.create(asked);
let stream = "";
let usage = null;
const chunks = await client.chat.completions.create({ ...asked, stream: true, stream_options: { include_usage: true } });
for await (const chunk of chunks) {
  stream += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}
const called = await client.chat.completions.create({ ...asked, model: "ext-openai-compatible-fake-small", tools: [tool] });
const call = called.choices[0].message.tool_calls[0].function;
const models = [];
for await (const model of client.models.list()) models.push(model.id);
let refused = "";
try {
  await new OpenAI({ baseURL, apiKey: "wrong", maxRetries: 0 }).chat.completions.create(asked);
} catch (error) {
  refused = error instanceof OpenAI.AuthenticationError ? error.code : String(error);
}
console.log(
  JSON.stringify({
    whole: whole.choices[0].message.content,
    usage: [whole.usage.prompt_tokens, whole.usage.completion_tokens],
    stream,
    stream_usage: [usage.prompt_tokens, usage.completion_tokens],
    tool: [call.name, JSON.parse(call.arguments)],
    models,
    refused,
  }),
);
