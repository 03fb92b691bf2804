const { createPublicKey, createSecretKey } = require("node:crypto");
const { createInterface } = require("node:readline");
const jwt = require("jsonwebtoken");

const algorithms = new Set("HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512".split(" "));
const say = (value) => console.log(typeof value === "string" ? value : JSON.stringify(value));

let tokens, isValid;
let position = 0;

function prepare(job) {
  const reply = {
    engine: "node-jsonwebtoken",
    version: require("jsonwebtoken/package.json").version,
    library: `node ${process.versions.node}, OpenSSL ${process.versions.openssl}`,
  };
  if (!algorithms.has(job.algorithm)) return say({ ...reply, unsupported: `no ${job.algorithm}` });
  const key = job.pem ? createPublicKey(job.pem) : createSecretKey(Buffer.from(job.secret, "base64url"));
  const options = { algorithms: [job.algorithm], issuer: job.issuer, audience: job.audience };
  isValid = (token) => {
    try {
      jwt.verify(token, key, options);
      return true;
    } catch {
      return false;
    }
  };
  tokens = job.tokens;
  say({ ...reply, verdicts: [...job.corpus, ...tokens].map((token) => (isValid(token) ? "1" : "0")).join("") });
}

function run(seconds) {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  let count = 0;
  let wall = 0;
  while (wall < seconds) {
    if (!isValid(tokens[position])) {
      say("wrong");
      process.exit(1);
    }
    count += 1;
    position = (position + 1) % tokens.length;
    wall = Number(process.hrtime.bigint() - start) * 1e-9;
  }
  const used = process.cpuUsage(cpu);
  say(`${count} ${wall} ${(used.user + used.system) * 1e-6}`);
}

createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (line) => {
  if (line.startsWith("run ")) run(Number(line.slice(4)));
  else prepare(JSON.parse(line));
});
