#define _GNU_SOURCE
#include "../protocol/engine.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

// The gateway's address, and the connection that is kept.
static struct sockaddr_in address = {.sin_family = AF_INET};
static int connection = -1;

static void fail(const char *what) {
    perror(what);
    exit(3);
}

// A file that goes away with the program, however that ends.
static FILE *anonymous_file(char path[32]) {
    const int descriptor = memfd_create("haproxy", 0);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (!file) fail("memfd_create");
    snprintf(path, 32, "/proc/self/fd/%d", descriptor);
    return file;
}

// What HAProxy's manual says of jwt_verify, and its checks of claims as far as it has any. The algorithm is no
// variable: with two variables HAProxy 2.6 refuses what it accepts with one.
static void write_configuration(FILE *file, const json_t *job, const char *algorithm, int listener, const char *key) {
    const bytes secret = decoded(text(job, "secret"));
    fprintf(file, "global\n nbthread 1\n");
    if (secret.count > 0) {
        // Any bytes may be in it, and a string takes them in this form only.
        fprintf(file, " set-var proc.secret str(");
        for (size_t i = 0; i < secret.count; i++) fprintf(file, "%%%02X", secret.start[i]);
        fprintf(file, "),url_dec\n");
    }
    fprintf(file,
            "defaults\n mode http\n timeout client 1h\n timeout http-keep-alive 1h\n"
            "frontend gateway\n bind fd@%d\n"
            " http-request set-var(txn.token) http_auth_bearer\n"
            " http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')\n"
            " http-request deny deny_status 401 unless { var(txn.alg) -m str %s }\n"
            " http-request deny deny_status 401 unless { var(txn.token),jwt_verify(%s,%s) -m int 1 }\n",
            listener, algorithm, algorithm, secret.count > 0 ? "proc.secret" : key);
    fprintf(file,
            " http-request set-var(txn.now) date\n"
            " http-request set-var(txn.nbf) var(txn.token),jwt_payload_query('$.nbf','int')\n"
            " http-request deny deny_status 401 unless"
            " { var(txn.token),jwt_payload_query('$.exp','int'),sub(txn.now) -m int gt 0 }"
            " { var(txn.token),jwt_payload_query('$.iss') -m str %s }"
            " { var(txn.token),jwt_payload_query('$.aud') -m str %s }\n"
            " http-request deny deny_status 401 if"
            " { var(txn.nbf) -m found } { var(txn.nbf),sub(txn.now) -m int gt 0 }\n"
            " http-request return status 204\n",
            text(job, "issuer"), text(job, "audience"));
    fflush(file);
}

static void start(const char *configuration, int listener) {
    const pid_t parent = getpid(), child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        // It must not outlive this program, nor talk where the protocol is spoken.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) exit(0);
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execl("/usr/sbin/haproxy", "haproxy", "-db", "-q", "-f", configuration, (char *)NULL);
        fail("haproxy");
    }
    close(listener);
    if (clock_getcpuclockid(child, &cpu_clock) != 0) fail("clock_getcpuclockid");
}

static bool prepare(const json_t *job, const char *algorithm) {
    const char *known = " HS256 HS384 HS512 RS256 RS384 RS512 ES256 ES384 ES512 ";
    if (!strstr(known, algorithm)) return false;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    // Listening before HAProxy is there, so that nobody has to wait for it, on a port that is surely free.
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        fail("listen");
    char key[32], configuration[32];
    FILE *file = anonymous_file(key);
    if (text(job, "pem")) fputs(text(job, "pem"), file);
    fflush(file);
    write_configuration(anonymous_file(configuration), job, algorithm, listener, key);
    start(configuration, listener);
    return true;
}

static void reach(void) {
    const int on = 1;
    connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connection < 0 || setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        connect(connection, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect");
}

static bool is_valid(const char *token) {
    char message[16384];
    if (connection < 0) reach();
    const int size = snprintf(message, sizeof message,
                              "GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n", token);
    if (size >= (int)sizeof message) return false;
    if (send(connection, message, (size_t)size, MSG_NOSIGNAL) != size) fail("send");
    size_t count = 0;
    message[0] = 0;
    while (!strstr(message, "\r\n\r\n")) {
        const ssize_t received = recv(connection, message + count, sizeof message - 1 - count, 0);
        if (received <= 0) fail("HAProxy ended");
        message[count += (size_t)received] = 0;
    }
    const bool valid = strncmp(message, "HTTP/1.1 204 ", 13) == 0;
    // A refusal has a body: a new connection is simpler than to read it, and the workload has no bad tokens.
    if (!valid) {
        close(connection);
        connection = -1;
    }
    return valid;
}

int main(void) { return serve("haproxy", VERSION, LIBRARY); }
