// Anthropic's Node SDK: a whole answer, a stream, a tool call, a count, a wrong key.
import { createRequire } from "node:module";

const Anthropic = createRequire(process.env.MODULES)("@anthropic-ai/sdk").default;
const baseURL = process.env.SWITCHBOARD_URL;
const messages = [{ role: "user", content: "Say hello." }];
const asked = { model: "fake-large", max_tokens: 64, messages };
const tool = { name: "get_weather", input_schema: { type: "object", properties: {} } };
const client = new Anthropic({ baseURL, apiKey: process.env.SWITCHBOARD_KEY, maxRetries: 0 });

const whole = await client.messages.create(asked);
const streamed = client.messages.stream(asked);
let stream = "";
streamed.on("text", (text) => (stream += text));
const final = await streamed.finalMessage();
const called = await client.messages.create({ ...asked, model: "ext-openai-compatible-fake-small", tools: [tool] });
const counted = await client.messages.countTokens({ model: "fake-large", messages });
let refused = "";
try {
  await new Anthropic({ baseURL, apiKey: "wrong", maxRetries: 0 }).messages.create(asked);
} catch (error) {
  refused = error instanceof Anthropic.AuthenticationError ? error.error.error.type : String(error);
}
console.log(
  JSON.stringify({
    whole: whole.content[0].text,
    usage: [whole.usage.input_tokens, whole.usage.output_tokens],
    stream,
    stream_usage: [final.usage.input_tokens, final.usage.output_tokens],
    tool: [called.content[0].name, called.content[0].input],
    stopped: called.stop_reason,
    counted: counted.input_tokens,
    refused,
  }),
);
