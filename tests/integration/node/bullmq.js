// Runs job queues on the server with BullMQ and prints what came of the jobs as one line of JSON.
"use strict";

const { FlowProducer, Queue, QueueEvents, Worker } = require("bullmq");

const options = JSON.parse(process.argv[2]);
const connection = { host: "127.0.0.1", port: options.port, maxRetriesPerRequest: null };

const closing = [];
function opened(thing) {
  closing.push(thing);
  thing.on("error", (error) => { console.error(error); process.exitCode = 1; });
  return thing;
}

const queueOf = (name) => opened(new Queue(name, { connection }));
const workerOf = (name, work, more) => opened(new Worker(name, work, { connection, ...more }));
async function eventsOf(name) {
  const events = opened(new QueueEvents(name, { connection }));
  await events.waitUntilReady();
  return events;
}

// Jobs of every kind, done by workers that wait for them; events come through a stream.
async function finishedJobs() {
  const queue = queueOf("work");
  const events = await eventsOf("work");
  workerOf("work", async (job) => job.data.n * 2, { concurrency: 4 });
  const jobs = await queue.addBulk([1, 2, 3].map((n) => ({ name: "double", data: { n } })));
  jobs.push(await queue.add("double", { n: 21 }));
  return Promise.all(jobs.map((job) => job.waitUntilFinished(events, 10000)));
}

// A job that fails twice is done at its third attempt; one that always fails ends as failed.
async function retriedJobs() {
  const queue = queueOf("retry");
  const events = await eventsOf("retry");
  workerOf("retry", async (job) => {
    if (job.name === "never" || job.attemptsMade < 2) throw new Error("not yet");
    return `attempt ${job.attemptsMade + 1}`;
  });
  const policy = { attempts: 3, backoff: { type: "fixed", delay: 10 } };
  const good = await queue.add("third", {}, policy);
  const bad = await queue.add("never", {}, policy);
  const outcome = await good.waitUntilFinished(events, 10000);
  const failure = await bad.waitUntilFinished(events, 10000).catch((error) => error.message);
  return [outcome, failure, await queue.getFailedCount()];
}

// A delayed job is not done before its time.
async function delayedJob() {
  const queue = queueOf("later");
  const events = await eventsOf("later");
  workerOf("later", async (job) => Date.now() - job.timestamp >= 100);
  const job = await queue.add("later", {}, { delay: 100 });
  const state = await job.getState();
  return [state, await job.waitUntilFinished(events, 10000)];
}

// Jobs wait while the queue is paused, and are then done by priority.
async function prioritizedJobs() {
  const queue = queueOf("ranks");
  const done = [];
  await queue.pause();
  for (const priority of [3, 1, 2]) await queue.add(`p${priority}`, {}, { priority });
  const counts = await queue.getJobCounts("prioritized", "paused");
  const all = new Promise((resolve) => {
    workerOf("ranks", async (job) => {
      done.push(job.name);
      if (done.length === 3) resolve();
    });
  });
  await queue.resume();
  await all;
  return [counts.prioritized + counts.paused, done];
}

// A parent is done after its children and sees what came of them.
async function flow() {
  const flows = opened(new FlowProducer({ connection }));
  queueOf("parents");
  const events = await eventsOf("parents");
  workerOf("children", async (job) => job.data.n);
  workerOf("parents", async (job) => {
    const values = Object.values(await job.getChildrenValues());
    return values.reduce((sum, value) => sum + value, 0);
  });
  const tree = await flows.add({
    name: "sum", queueName: "parents",
    children: [1, 2, 3, 4].map((n) => ({ name: "part", queueName: "children", data: { n } })),
  });
  return tree.job.waitUntilFinished(events, 10000);
}

// No more than one job in 50 ms: four take at least 150 ms.
async function limitedJobs() {
  const queue = queueOf("limit");
  const events = await eventsOf("limit");
  const jobs = await queue.addBulk([1, 2, 3, 4].map((n) => ({ name: "one", data: { n } })));
  const began = Date.now();
  workerOf("limit", async () => null, { limiter: { max: 1, duration: 50 } });
  await Promise.all(jobs.map((job) => job.waitUntilFinished(events, 10000)));
  return Date.now() - began >= 150;
}

// A schedule makes jobs again and again, until it is removed.
async function scheduledJobs() {
  const queue = queueOf("clock");
  let runs = 0;
  const three = new Promise((resolve) => {
    workerOf("clock", async () => { if (++runs === 3) resolve(); });
  });
  await queue.upsertJobScheduler("tick", { every: 20 }, { name: "tick" });
  await three;
  return queue.removeJobScheduler("tick");
}

// The same id makes one job; removing, cleaning and obliterating leave nothing.
async function keptTidy() {
  const queue = queueOf("tidy");
  await queue.add("once", {}, { jobId: "same" });
  await queue.add("once", {}, { jobId: "same" });
  const waiting = await queue.getWaitingCount();
  await queue.remove("same");
  await queue.add("gone", {});
  await queue.drain();
  const left = await queue.getWaitingCount();
  await queue.obliterate({ force: true });
  return [waiting, left];
}

async function main() {
  const seen = {
    finished: await finishedJobs(),
    retried: await retriedJobs(),
    delayed: await delayedJob(),
    prioritized: await prioritizedJobs(),
    flow: await flow(),
    limited: await limitedJobs(),
    scheduled: await scheduledJobs(),
    tidy: await keptTidy(),
  };
  await Promise.all(closing.map((thing) => thing.close()));
  console.log(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
