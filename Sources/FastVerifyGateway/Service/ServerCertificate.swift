internal import FastVerify
internal import GRPCNIOTransportHTTP2Posix
internal import NIOCertificateReloading
internal import NIOSSL

/// What a listener shows of itself, and what it asks of clients. Its files are read again at every reload; connections that
/// begin afterwards see the new ones.
final class ServerCertificate: CertificateReloader {
    struct Unusable: Error {
        let reason: String
    }

    private struct Loaded {
        let context: NIOSSLContext
        let chain: [NIOSSLCertificateSource]
        let key: NIOSSLPrivateKeySource
    }

    private let files: ListenerConfiguration.TLS
    private let file: String
    private let loaded: WaitingLock<Loaded>

    init(_ files: ListenerConfiguration.TLS, besides file: String) throws(Unusable) {
        self.files = files
        self.file = file
        loaded = WaitingLock(try Self.load(files, file))
    }

    /// Reads the files, without putting them in force: certificate and key of another would make every client fail.
    func prepared() throws(Unusable) -> () -> Void {
        let new = try Self.load(files, file)
        return { self.loaded.withLock { $0 = new } }
    }

    var context: NIOSSLContext { loaded.withLock { $0.context } }

    private static func load(_ files: ListenerConfiguration.TLS, _ file: String) throws(Unusable) -> Loaded {
        let paths = (PlainFile.resolve(files.certificate, besides: file), PlainFile.resolve(files.key, besides: file))
        let chain = try attempt(paths.0, "no certificate in PEM") { try NIOSSLCertificate.fromPEMFile(paths.0) }
        let key = try attempt(paths.1, "no private key in PEM") { try NIOSSLPrivateKey(file: paths.1, format: .pem) }
        guard !chain.isEmpty else { throw Unusable(reason: "\(paths.0): no certificate in PEM") }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let roots = files.clientRoots {
            let path = PlainFile.resolve(roots, besides: file)
            let known = try attempt(path, "no certificate in PEM") { try NIOSSLCertificate.fromPEMFile(path) }
            guard !known.isEmpty else { throw Unusable(reason: "\(path): no certificate in PEM") }
            configuration.trustRoots = .certificates(known)
            // Whom a certificate names, nobody asks here: the token says which one it must be.
            configuration.certificateVerification =
                files.needsClientCertificate ? .noHostnameVerification : .optionalVerification
        }
        let complete = configuration
        let context = try attempt(paths.1, "does not belong to the certificate") {
            try NIOSSLContext(configuration: complete)
        }
        return Loaded(context: context, chain: chain.map { .certificate($0) }, key: .privateKey(key))
    }

    /// What OpenSSL says about a key file is not for logs.
    private static func attempt<T>(_ path: String, _ problem: String, _ body: () throws -> T) throws(Unusable) -> T {
        do { return try body() } catch {
            do throws(PlainFile.Unreadable) {
                _ = try PlainFile.contents(of: path, limit: 1 << 20)
            } catch {
                throw Unusable(reason: "\(path): \(error.reason)")
            }
            throw Unusable(reason: "\(path): \(problem)")
        }
    }

    // MARK: gRPC

    var sslContextConfigurationOverride: NIOSSLContextConfigurationOverride {
        loaded.withLock { loaded in
            var override = NIOSSLContextConfigurationOverride()
            override.certificateChain = loaded.chain
            override.privateKey = loaded.key
            return override
        }
    }

    /// For a server of gRPC, which has its own TLS; TLS 1.2 is its least as well. Who certifies clients, it learns at its start.
    var forGRPC: HTTP2ServerTransport.Posix.TransportSecurity {
        get throws {
            try .tls(certificateReloader: self) { configuration in
                guard let roots = self.files.clientRoots else { return }
                let path = PlainFile.resolve(roots, besides: self.file)
                configuration.trustRoots = .certificates([.file(path: path, format: .pem)])
                configuration.clientCertificateVerification = .noHostnameVerification
            }
        }
    }
}

/// Those of all listeners that speak TLS.
struct ServerCertificates: Sendable {
    private let known: [String: ServerCertificate]

    init(_ listeners: GatewayConfiguration.Listeners, besides file: String) throws(ConfigurationError) {
        var known: [String: ServerCertificate] = [:]
        for (name, listener) in listeners.all {
            guard let tls = listener.tls else { continue }
            do throws(ServerCertificate.Unusable) {
                known[name] = try ServerCertificate(tls, besides: file)
            } catch {
                throw ConfigurationError(problems: [
                    ConfigurationProblem(
                        file: file, line: 0, column: 0, path: "listen.\(name).tls", message: error.reason)
                ])
            }
        }
        self.known = known
        self.file = file
    }

    private let file: String

    func certificate(for name: String) -> ServerCertificate? { known[name] }

    /// Reads all files again, and puts them in force if all are good.
    func reload() throws(ConfigurationError) {
        var changes: [() -> Void] = []
        for (name, certificate) in known.sorted(by: { $0.key < $1.key }) {
            do throws(ServerCertificate.Unusable) {
                changes.append(try certificate.prepared())
            } catch {
                throw ConfigurationError(problems: [
                    ConfigurationProblem(
                        file: file, line: 0, column: 0, path: "listen.\(name).tls", message: error.reason)
                ])
            }
        }
        for change in changes { change() }
    }
}
