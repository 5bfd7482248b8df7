// Uses the server through ioredis and prints what it saw as one line of JSON.
"use strict";

const Redis = require("ioredis");

const options = JSON.parse(process.argv[2]);
const settings = { port: options.port, connectionName: "tester", maxRetriesPerRequest: 1 };
const newClient = () => new Redis(settings);

const firstWord = (error) => error.message.split(" ")[0];

async function watchedTransaction(client) {
  const other = newClient();
  await client.watch("watched");
  await other.set("watched", "changed");
  const result = await client.multi().set("watched", "lost").exec();
  await other.quit();
  return result;
}

async function received(client) {
  const listener = newClient();
  const messages = {};
  const both = new Promise((resolve) => {
    const done = () => messages.plain !== undefined && messages.pattern !== undefined && resolve();
    listener.on("message", (_channel, text) => { messages.plain = text; done(); });
    listener.on("pmessage", (_pattern, channel, text) => {
      messages.pattern = [channel, text];
      done();
    });
  });
  await listener.subscribe("channel");
  await listener.psubscribe("news.*");
  await client.publish("channel", "hello");
  await client.publish("news.a", "there");
  await both;
  await listener.quit();
  return messages;
}

async function scanned(client) {
  const found = new Set();
  for await (const keys of client.scanStream({ match: "s:*", count: 50 })) {
    keys.forEach((key) => found.add(key));
  }
  return found.size;
}

async function main() {
  const client = newClient();
  const seen = {};
  await client.set("k", "v");
  seen.get = await client.get("k");
  seen.missing = await client.get("none");
  const pipeline = client.pipeline();
  for (let n = 0; n < 100; n++) pipeline.set(`p${n}`, n).get(`p${n}`);
  seen.pipeline = (await pipeline.exec()).filter((_, at) => at % 2).map(([, value]) => value);
  const done = await client.multi().incr("n").incr("n").exec();
  seen.transaction = done.map(([, value]) => String(value));
  seen.watched = await watchedTransaction(client);
  const messages = await received(client);
  seen.message = messages.plain;
  seen.pattern = messages.pattern;
  seen.error = await client.pfadd("k", "a").then(() => "none", firstWord);
  await client.set("big", Buffer.alloc(1000000, "x"));
  seen.big = (await client.getBuffer("big")).length;
  for (let n = 0; n < 300; n++) client.set(`s:${n}`, n);
  seen.scan = await scanned(client);
  await client.set("e", "v", "EX", 100);
  const ttl = await client.ttl("e");
  seen.ttl = ttl > 0 && ttl <= 100;
  seen.name = await client.client("GETNAME");
  const hello = await client.call("HELLO", "3");
  seen.proto = Array.isArray(hello) ? hello[hello.indexOf("proto") + 1] : hello.proto;
  console.log(JSON.stringify(seen));
  client.disconnect();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
