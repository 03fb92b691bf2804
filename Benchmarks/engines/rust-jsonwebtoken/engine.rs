use std::io::{self, BufRead, Write};
use std::time::Instant;

use jsonwebtoken::{decode, errors::Error, Algorithm, DecodingKey, Validation};
use serde::Deserialize;

#[derive(Deserialize)]
struct Job {
    algorithm: String,
    pem: Option<String>,
    secret: Option<String>,
    issuer: String,
    audience: String,
    tokens: Vec<String>,
    corpus: Vec<String>,
}

/// The library checks registered claims by itself; a caller declares those it wants to see.
#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "sub")]
    _sub: String,
}

struct Engine {
    key: DecodingKey,
    validation: Validation,
}

impl Engine {
    fn new(job: &Job, algorithm: Algorithm) -> Result<Engine, Error> {
        use Algorithm::*;
        let pem = job.pem.as_deref().unwrap_or("").as_bytes();
        let key = match algorithm {
            HS256 | HS384 | HS512 => {
                let secret = job.secret.as_deref().unwrap_or("");
                let padded = secret.replace('-', "+").replace('_', "/") + &"=".repeat((4 - secret.len() % 4) % 4);
                DecodingKey::from_base64_secret(&padded)?
            }
            ES256 | ES384 => DecodingKey::from_ec_pem(pem)?,
            EdDSA => DecodingKey::from_ed_pem(pem)?,
            _ => DecodingKey::from_rsa_pem(pem)?,
        };
        let mut validation = Validation::new(algorithm);
        validation.leeway = 0;
        validation.validate_nbf = true;
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&[&job.issuer]);
        validation.set_audience(&[&job.audience]);
        Ok(Engine { key, validation })
    }

    fn is_valid(&self, token: &str) -> bool {
        decode::<Claims>(token, &self.key, &self.validation).is_ok()
    }

    fn run(&self, seconds: f64, tokens: &[String], position: &mut usize) {
        let (cpu, start) = (cpu_seconds(), Instant::now());
        let (mut count, mut wall) = (0u64, 0.0);
        while wall < seconds {
            if !self.is_valid(&tokens[*position]) {
                println!("wrong");
                std::process::exit(1);
            }
            count += 1;
            *position = (*position + 1) % tokens.len();
            wall = start.elapsed().as_secs_f64();
        }
        println!("{count} {wall} {}", cpu_seconds() - cpu);
    }
}

fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn main() {
    let mut lines = io::stdin().lock().lines();
    let Some(Ok(line)) = lines.next() else { return };
    let job: Job = serde_json::from_str(&line).expect("a job");
    print!(
        "{{\"engine\":\"rust-jsonwebtoken\",\"version\":\"{}\",\"library\":\"ring {}\",",
        env!("VERSION"),
        env!("RING")
    );
    let Some(engine) = job
        .algorithm
        .parse()
        .ok()
        .and_then(|algorithm| Engine::new(&job, algorithm).ok())
    else {
        return println!("\"unsupported\":\"no {}\"}}", job.algorithm);
    };
    let verdicts: String = job
        .corpus
        .iter()
        .chain(&job.tokens)
        .map(|token| if engine.is_valid(token) { '1' } else { '0' })
        .collect();
    println!("\"verdicts\":\"{verdicts}\"}}");
    let mut position = 0;
    for line in lines.map_while(Result::ok) {
        let seconds = line
            .strip_prefix("run ")
            .and_then(|text| text.parse().ok())
            .expect("run SECONDS");
        engine.run(seconds, &job.tokens, &mut position);
        io::stdout().flush().expect("a reader");
    }
}
