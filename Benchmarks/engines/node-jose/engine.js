const { createPublicKey, createSecretKey } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { jwtVerify } = require("jose");
const { serve } = require("../protocol/engine.js");

const known =
  "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA".split(" ");
const { version } = JSON.parse(readFileSync("/usr/share/nodejs/jose/package.json"));

serve("node-jose", version, (job) => {
  if (!known.includes(job.algorithm)) return null;
  const key = job.pem ? createPublicKey(job.pem) : createSecretKey(Buffer.from(job.secret, "base64url"));
  const options = {
    algorithms: [job.algorithm], issuer: job.issuer, audience: job.audience, requiredClaims: ["exp"],
  };
  return (token) => jwtVerify(token, key, options);
});
