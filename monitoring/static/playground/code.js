// The request as code: curl, OpenAI's Python library, OpenAI's JavaScript library.

const LONG = 4000; // characters of a data: address that are still shown

export function code(language, body, base) {
  const shown = JSON.parse(JSON.stringify(body, (name, value) =>
    name === "url" && typeof value === "string" && value.length > LONG ? "https://example.com/your-image.png" : value));
  return { curl, python, javascript }[language](shown, base);
}

function curl(body, base) {
  const json = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
  return `curl ${base}/v1/chat/completions \\\n  -H "Authorization: Bearer $SWITCHBOARD_API_KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '${json}'`;
}

function python(body, base) {
  const lines = Object.entries(body).map(([name, value]) => `    ${name}=${literal(value, 1)},`);
  const use = body.stream
    ? `for chunk in answer:\n    if chunk.choices and chunk.choices[0].delta.content:\n        print(chunk.choices[0].delta.content, end="")`
    : `print(answer.choices[0].message.content)`;
  return `import os\n\nfrom openai import OpenAI\n\nclient = OpenAI(base_url="${base}/v1", api_key=os.environ["SWITCHBOARD_API_KEY"])\nanswer = client.chat.completions.create(\n${lines.join("\n")}\n)\n${use}`;
}

// As Python writes it: JSON is, but for three words.
function literal(value, depth) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const pad = "    ".repeat(depth + 1), end = "    ".repeat(depth);
  if (Array.isArray(value)) {
    return value.length ? `[\n${value.map((one) => pad + literal(one, depth + 1)).join(",\n")},\n${end}]` : "[]";
  }
  const entries = Object.entries(value);
  return entries.length ? `{\n${entries.map(([name, one]) => `${pad}${JSON.stringify(name)}: ${literal(one, depth + 1)}`).join(",\n")},\n${end}}` : "{}";
}

function javascript(body, base) {
  const json = JSON.stringify(body, null, 2);
  const use = body.stream
    ? `for await (const chunk of answer) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");`
    : `console.log(answer.choices[0].message.content);`;
  return `import OpenAI from "openai";\n\nconst client = new OpenAI({ baseURL: "${base}/v1", apiKey: process.env.SWITCHBOARD_API_KEY });\nconst answer = await client.chat.completions.create(${json});\n${use}`;
}
