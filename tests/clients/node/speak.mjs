// node speak.mjs BASE_URL whole|stream REQUEST FILE: OpenAI's client speaks to a file; what it throws is printed.
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import OpenAI from 'openai';

const [baseURL, how, request, file] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: 'unused', maxRetries: 0 });
try {
  const answer = await client.audio.speech.create(JSON.parse(request));
  if (how === 'whole') await writeFile(file, Buffer.from(await answer.arrayBuffer()));
  else await pipeline(Readable.fromWeb(answer.body), createWriteStream(file));
} catch (error) {
  const { message, param } = error;
  console.log(JSON.stringify({ name: error.constructor.name, message, param }));
  process.exit(1);
}
