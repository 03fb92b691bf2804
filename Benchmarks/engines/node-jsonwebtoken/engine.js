const { createPublicKey, createSecretKey } = require("node:crypto");
const jwt = require("jsonwebtoken");
const { serve } = require("../protocol/engine.js");

const known = "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512".split(" ");

serve("node-jsonwebtoken", require("jsonwebtoken/package.json").version, (job) => {
  if (!known.includes(job.algorithm)) return null;
  const key = job.pem ? createPublicKey(job.pem) : createSecretKey(Buffer.from(job.secret, "base64url"));
  const options = { algorithms: [job.algorithm], issuer: job.issuer, audience: job.audience };
  return (token) => void jwt.verify(token, key, options);
});
