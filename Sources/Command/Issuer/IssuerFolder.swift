#if GATEWAY
    import ArgumentParser
    import FastVerify
    import Foundation
    import TokenService

    /// Where an issuer lives: `issuer.json`, which says what it promises, the key that seals its keys, and, unless it is elsewhere, its database.
    struct IssuerFolder: ParsableArguments {
        @Option(name: .customLong("dir"), help: ArgumentHelp("Folder of the issuer.", valueName: "folder"))
        var path = "issuer"

        /// What `issuer.json` holds. Times in seconds; what is absent is the default.
        struct Settings: Codable {
            var issuer: String
            var audience: String
            /// HOST:PORT.
            var listen: String
            /// A file in the folder, or what libpq reads: `postgresql://…`, `host=… dbname=…`.
            var database: String
            var scopes: [String]
            var algorithm: String?
            var accessLifetime: Int64?
            var sessionLifetime: Int64?
            var sessionIdle: Int64?
            var refreshGrace: Int64?
            var keyPeriod: Int64?
            var keyAnnouncement: Int64?
        }

        /// Holds the sealing key where no file should.
        static let variable = "FASTVERIFY_SEALING_KEY"

        var settingsFile: String { path + "/issuer.json" }
        var sealingFile: String { path + "/sealing.key" }

        func settings() throws -> Settings {
            let bytes = try InputFile.contents(of: settingsFile)
            do {
                return try JSONDecoder().decode(Settings.self, from: Data(bytes))
            } catch {
                throw Failure("\(settingsFile.printable): \(Self.explanation(error).printable)")
            }
        }

        private static func explanation(_ error: any Error) -> String {
            switch error as? DecodingError {
            case .keyNotFound(let key, _): "\"\(key.stringValue)\" is missing"
            case .typeMismatch(_, let context), .valueNotFound(_, let context):
                "\"\(context.codingPath.map(\.stringValue).joined(separator: "."))\" has a wrong type"
            default: "no JSON object of settings"
            }
        }

        func rules(_ settings: Settings) throws -> IssuerRules {
            guard let url = URL(string: settings.issuer), let scheme = url.scheme, ["https", "http"].contains(scheme),
                url.host != nil, url.query == nil, url.fragment == nil, !settings.issuer.hasSuffix("/")
            else {
                throw Failure("\(settingsFile.printable): \"issuer\" is a URL without query, fragment and final slash")
            }
            guard let algorithm = Algorithm(name: settings.algorithm ?? "ES256"), !algorithm.isSymmetric else {
                throw Failure("\(settingsFile.printable): \"algorithm\" is one with a public key, e.g. ES256")
            }
            let period = settings.keyPeriod ?? 30 * 86_400
            let lifetime = settings.accessLifetime ?? 900
            return IssuerRules(
                issuer: settings.issuer, audience: settings.audience, algorithm: algorithm, accessLifetime: lifetime,
                sessionLifetime: settings.sessionLifetime ?? 30 * 86_400,
                sessionIdle: settings.sessionIdle ?? 14 * 86_400,
                refreshGrace: settings.refreshGrace ?? 10,
                rotation: KeyRotation(
                    period: period, announcement: settings.keyAnnouncement ?? min(86_400, period / 2),
                    afterlife: lifetime + 300),
                userScopes: settings.scopes)
        }

        func sealingKey() throws -> SealingKey {
            let text: String
            if let value = ProcessInfo.processInfo.environment[Self.variable] {
                text = value
            } else {
                text = String(decoding: try InputFile.contents(of: sealingFile, limit: 1024), as: UTF8.self)
            }
            guard var bytes = Base64URL.decode(text.filter { !$0.isWhitespace }),
                let key = try? SealingKey(erasing: &bytes)
            else { throw Failure("the sealing key is not 32 bytes in base64url") }
            return key
        }

        func store(_ settings: Settings) throws -> any Store {
            do throws(StoreError) {
                if settings.database.hasPrefix("postgres") || settings.database.contains("=") {
                    return try PostgresStore(url: settings.database)
                }
                return try SQLiteStore(path: databaseFile(settings))
            } catch {
                throw Failure("the database cannot be opened: \("\(error)".printable)")
            }
        }

        func databaseFile(_ settings: Settings) -> String {
            settings.database.hasPrefix("/") ? settings.database : "\(path)/\(settings.database)"
        }

        /// Opens the issuer for one command.
        func with<T>(_ body: (TokenIssuer) async throws -> T) async throws -> T {
            let settings = try settings()
            let store = try store(settings)
            do {
                let issuer = try await TokenIssuer(store, sealing: sealingKey(), rules: rules(settings))
                let result = try await body(issuer)
                await store.close()
                return result
            } catch let error as TokenIssuer.InvalidRecord {
                throw Failure("\(error)")
            } catch let error as StoreError {
                throw Failure("the database: \("\(error)".printable)")
            } catch let error as KeyError {
                throw Failure("a key: \(error)")
            }
        }
    }
#endif
