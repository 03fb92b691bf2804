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
            /// Of new hashes; older ones are made anew at the next login.
            var passwordPasses: UInt64?
            var passwordMemoryMiB: Int?
            /// Logins per minute from one address; per minute for one name from one address; per quarter of an hour for one name.
            var loginsPerAddress: Int?
            var loginsPerNameAndAddress: Int?
            var loginsPerName: Int?
            /// Tokens have a status, and verifiers may keep a status list so long.
            var statusListAge: Int64?
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
            /// A number of the settings. A hundred years, or as many of anything, are as good as for ever.
            func number<T: FixedWidthInteger>(
                _ value: T?, _ name: StaticString, least: T = 1, or standard: T
            ) throws -> T {
                guard let value else { return standard }
                guard value >= least, value <= 3_155_760_000 else {
                    throw Failure("\(settingsFile.printable): \"\(name)\" is out of range")
                }
                return value
            }
            let (usual, cost, limits) = (
                IssuerRules(issuer: "", audience: ""), PasswordHashing.Cost(), IssuerRules.LoginLimits()
            )
            let period = try number(settings.keyPeriod, "keyPeriod", or: usual.rotation.period)
            let lifetime = try number(settings.accessLifetime, "accessLifetime", or: usual.accessLifetime)
            return IssuerRules(
                issuer: settings.issuer, audience: settings.audience, algorithm: algorithm, accessLifetime: lifetime,
                sessionLifetime: try number(settings.sessionLifetime, "sessionLifetime", or: usual.sessionLifetime),
                sessionIdle: try number(settings.sessionIdle, "sessionIdle", or: usual.sessionIdle),
                refreshGrace: try number(settings.refreshGrace, "refreshGrace", least: 0, or: usual.refreshGrace),
                rotation: KeyRotation(
                    period: period,
                    announcement: try number(
                        settings.keyAnnouncement, "keyAnnouncement", or: max(1, min(86_400, period / 2))),
                    afterlife: lifetime + 300),
                passwordCost: PasswordHashing.Cost(
                    passes: try number(settings.passwordPasses, "passwordPasses", or: cost.passes),
                    memoryBytes: try number(
                        settings.passwordMemoryMiB, "passwordMemoryMiB", or: cost.memoryBytes >> 20) << 20),
                userScopes: settings.scopes,
                limits: IssuerRules.LoginLimits(
                    perAddress: try number(settings.loginsPerAddress, "loginsPerAddress", or: limits.perAddress),
                    perNameAndAddress: try number(
                        settings.loginsPerNameAndAddress, "loginsPerNameAndAddress", or: limits.perNameAndAddress),
                    perName: try number(settings.loginsPerName, "loginsPerName", or: limits.perName)),
                statusListAge: try settings.statusListAge.map { try number($0, "statusListAge", or: $0) })
        }

        func sealingKey() throws -> SealingKey {
            // Nothing of a file's text stays in ordinary memory.
            var written =
                try ProcessInfo.processInfo.environment[Self.variable].map { Array($0.utf8) }
                ?? InputFile.contents(of: sealingFile, limit: 1024)
            guard let text = try? GuardedBytes(erasing: &written),
                var bytes = text.withUnsafeBytes({ Base64URL.decode(Self.trimmed($0)) }),
                let key = try? SealingKey(erasing: &bytes)
            else { throw Failure("the sealing key is not 32 bytes in base64url") }
            return key
        }

        /// Without white space and control characters at the ends.
        private static func trimmed(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
            let first = text.firstIndex { $0 > 0x20 } ?? 0
            let last = text.lastIndex { $0 > 0x20 } ?? -1
            return UnsafeRawBufferPointer(rebasing: text[first..<(last + 1)])
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
            GuardedBytes.protectProcess()
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
