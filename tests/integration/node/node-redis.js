// Uses the server through node-redis in RESP3 and prints what it saw as one line of JSON.
"use strict";

const { createClient } = require("redis");

const options = JSON.parse(process.argv[2]);

async function newClient() {
  const client = createClient({ socket: { port: options.port }, name: "tester", RESP: 3 });
  client.on("error", (error) => { throw error; });
  return client.connect();
}

const firstWord = (error) => error.message.split(" ")[0];

async function watchedTransaction(client) {
  const other = await newClient();
  await client.watch("watched");
  await other.set("watched", "changed");
  await other.close();
  return client.multi().set("watched", "lost").exec().catch((error) => {
    if (error.constructor.name === "WatchError") return null;
    throw error;
  });
}

async function received(client) {
  const listener = await newClient();
  const messages = {};
  const plain = new Promise((resolve) => listener.subscribe("channel", (text) => {
    messages.plain = text;
    resolve();
  }));
  const pattern = new Promise((resolve) => listener.pSubscribe("news.*", (text, channel) => {
    messages.pattern = [channel, text];
    resolve();
  }));
  while (await client.pubSubNumPat() < 1) await new Promise(setImmediate);
  await client.publish("channel", "hello");
  await client.publish("news.a", "there");
  await Promise.all([plain, pattern]);
  await listener.close();
  return messages;
}

async function scanned(client) {
  const found = new Set();
  for await (const keys of client.scanIterator({ MATCH: "s:*", COUNT: 50 })) {
    [].concat(keys).forEach((key) => found.add(key));
  }
  return found.size;
}

async function main() {
  const client = await newClient();
  const seen = {};
  await client.set("k", "v");
  seen.get = await client.get("k");
  seen.missing = await client.get("none");
  const asked = [];
  for (let n = 0; n < 100; n++) {
    client.set(`p${n}`, String(n));
    asked.push(client.get(`p${n}`));
  }
  seen.pipeline = await Promise.all(asked);
  seen.transaction = (await client.multi().incr("n").incr("n").exec()).map(String);
  seen.watched = await watchedTransaction(client);
  const messages = await received(client);
  seen.message = messages.plain;
  seen.pattern = messages.pattern;
  seen.error = await client.pfAdd("k", "a").then(() => "none", firstWord);
  await client.set("big", "x".repeat(1000000));
  seen.big = (await client.get("big")).length;
  await Promise.all(Array.from({ length: 300 }, (_, n) => client.set(`s:${n}`, String(n))));
  seen.scan = await scanned(client);
  await client.set("e", "v", { EX: 100 });
  const ttl = await client.ttl("e");
  seen.ttl = ttl > 0 && ttl <= 100;
  seen.name = await client.clientGetName();
  const hello = await client.sendCommand(["HELLO", "3"]);
  const pairs = hello instanceof Map ? Object.fromEntries(hello) : hello;
  seen.proto = Array.isArray(pairs) ? pairs[pairs.indexOf("proto") + 1] : pairs.proto;
  console.log(JSON.stringify(seen));
  await client.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
