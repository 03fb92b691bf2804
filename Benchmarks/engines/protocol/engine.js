// The protocol of ../README.md for engines in JavaScript.
const { createInterface } = require("node:readline");

// prepare(job) gives a function that throws for a bad token, or a promise that fails; nothing where the algorithm is unknown.
exports.serve = async (engine, version, prepare) => {
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity })[Symbol.asyncIterator]();
  const job = JSON.parse((await lines.next()).value);
  const reply = { engine, version, library: `node ${process.versions.node}, OpenSSL ${process.versions.openssl}` };
  const verify = prepare(job);
  if (!verify) return console.log(JSON.stringify({ ...reply, unsupported: `no ${job.algorithm}` }));

  let verdicts = "";
  for (const token of [...job.corpus, ...job.tokens]) {
    try {
      await verify(token);
      verdicts += "1";
    } catch {
      verdicts += "0";
    }
  }
  console.log(JSON.stringify({ ...reply, verdicts }));

  let position = 0;
  for await (const line of lines) {
    const seconds = Number(line.replace("run ", ""));
    const cpu = process.cpuUsage();
    const start = process.hrtime.bigint();
    let count = 0;
    let wall = 0;
    while (wall < seconds) {
      try {
        const pending = verify(job.tokens[position]);
        // Waiting costs those too that have nothing to wait for.
        if (pending instanceof Promise) await pending;
      } catch {
        console.log("wrong");
        process.exit(1);
      }
      count += 1;
      position = (position + 1) % job.tokens.length;
      wall = Number(process.hrtime.bigint() - start) * 1e-9;
    }
    const used = process.cpuUsage(cpu);
    console.log(`${count} ${wall} ${(used.user + used.system) * 1e-6}`);
  }
};
