package main

import (
	"bufio"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/golang-jwt/jwt"
)

type job struct {
	Algorithm, PEM, Secret, Issuer, Audience string
	Tokens, Corpus                           []string
}

type reply struct {
	Engine      string `json:"engine"`
	Version     string `json:"version"`
	Library     string `json:"library"`
	Verdicts    string `json:"verdicts,omitempty"`
	Unsupported string `json:"unsupported,omitempty"`
}

// Set by the linker.
var version = "unknown"

type engine struct {
	job
	key    crypto.PublicKey
	parser *jwt.Parser
}

func (e *engine) prepare() error {
	if jwt.GetSigningMethod(e.Algorithm) == nil {
		return errors.New("no " + e.Algorithm)
	}
	e.parser = jwt.NewParser(jwt.WithValidMethods([]string{e.Algorithm}))
	var err error
	if e.PEM == "" {
		e.key, err = base64.RawURLEncoding.DecodeString(e.Secret)
		return err
	}
	block, _ := pem.Decode([]byte(e.PEM))
	e.key, err = x509.ParsePKIXPublicKey(block.Bytes)
	return err
}

func (e *engine) isValid(token string) bool {
	var claims jwt.RegisteredClaims
	_, err := e.parser.ParseWithClaims(token, &claims, func(*jwt.Token) (interface{}, error) { return e.key, nil })
	return err == nil && claims.VerifyExpiresAt(time.Now(), true) && claims.VerifyIssuer(e.Issuer, true) &&
		claims.VerifyAudience(e.Audience, true)
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

func (e *engine) run(seconds float64, position *int) {
	cpu, start := cpuSeconds(), time.Now()
	count, wall := 0, 0.0
	for wall < seconds {
		if !e.isValid(e.Tokens[*position]) {
			fmt.Println("wrong")
			os.Exit(1)
		}
		count++
		*position = (*position + 1) % len(e.Tokens)
		wall = time.Since(start).Seconds()
	}
	fmt.Println(count, wall, cpuSeconds()-cpu)
}

func main() {
	input := bufio.NewReader(os.Stdin)
	line, err := input.ReadBytes('\n')
	if err != nil {
		return
	}
	var e engine
	if json.Unmarshal(line, &e.job) != nil {
		os.Exit(2)
	}
	output := json.NewEncoder(os.Stdout)
	answer := reply{Engine: "golang-jwt", Version: version, Library: runtime.Version()}
	if err := e.prepare(); err != nil {
		answer.Unsupported = err.Error()
		output.Encode(answer)
		return
	}
	for _, token := range append(e.Corpus, e.Tokens...) {
		verdict := "0"
		if e.isValid(token) {
			verdict = "1"
		}
		answer.Verdicts += verdict
	}
	output.Encode(answer)
	position := 0
	for {
		var seconds float64
		line, err := input.ReadString('\n')
		if err != nil {
			return
		}
		if _, err := fmt.Sscanf(line, "run %g", &seconds); err != nil {
			os.Exit(2)
		}
		e.run(seconds, &position)
	}
}
