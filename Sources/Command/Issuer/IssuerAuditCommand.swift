#if GATEWAY
    import ArgumentParser
    import Foundation
    import TokenService

    /// `fastverify issuer audit`.
    struct IssuerAuditCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "audit", abstract: "The audit log as NDJSON, or a check that nobody has changed it.",
            discussion: """
                  fastverify issuer audit > audit.ndjson
                  fastverify issuer audit --check

                --check prints the number and the MAC of the last entry. Noted elsewhere, they show later whether entries are \
                missing at the end. Exit status 1: the chain is broken.
                """)

        @OptionGroup var folder: IssuerFolder
        @Flag(help: "Follow the chain from its beginning to its end.") var check = false
        @Option(help: ArgumentHelp("First entry that is shown.", valueName: "number")) var from: Int64 = 1

        func run() async throws {
            try await folder.with { issuer in
                if check { return try await follow(issuer) }
                var next = from
                while true {
                    let lines = try await issuer.auditLines(from: next, limit: 1000)
                    if lines.isEmpty { return }
                    for line in lines { try ByteOutput.print(line) }
                    next += Int64(lines.count)
                }
            }
        }

        private func follow(_ issuer: TokenIssuer) async throws {
            do {
                let head = try await issuer.checkAuditLog()
                try ByteOutput.print(head.map { "whole up to \($0.number) \($0.chain)" } ?? "empty")
            } catch let damage as AuditLog.Damage {
                try ByteOutput.print("broken: \(damage)")
                throw ExitCode.refused
            }
        }
    }

    /// `fastverify issuer backup`.
    struct IssuerBackupCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "backup",
            abstract: "Copy the SQLite database as it is at one moment, while the service goes on.")

        @OptionGroup var folder: IssuerFolder
        @Argument(help: "File for the copy.", completion: .file()) var file: String

        func run() async throws {
            try OutputFile.secret(file).check(replacing: false)
            let store = try folder.store(folder.settings())
            guard let sqlite = store as? SQLiteStore else { throw Failure("PostgreSQL has pg_dump") }
            try await sqlite.backup(to: file)
            await sqlite.close()
        }
    }

    /// `fastverify issuer restore`.
    struct IssuerRestoreCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "restore", abstract: "Put a backup in the place of the database. The service must not run.",
            discussion: """
                What was revoked since the backup is not any more, so all sessions end, and verifiers are told that the \
                revocation log begins anew. The database of before is kept beside it, with the suffix .before.
                """)

        @OptionGroup var folder: IssuerFolder
        @Argument(help: "A file that backup has made.", completion: .file()) var file: String

        func run() async throws {
            let settings = try folder.settings()
            let database = folder.databaseFile(settings)
            guard FileManager.default.fileExists(atPath: file) else { throw Failure("\(file.printable): no such file") }
            for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: database + suffix) {
                try? FileManager.default.removeItem(atPath: "\(database).before\(suffix)")
                try FileManager.default.moveItem(atPath: database + suffix, toPath: "\(database).before\(suffix)")
            }
            try FileManager.default.copyItem(atPath: file, toPath: database)
            try await folder.with { try await $0.beginAnew() }
        }
    }
#endif
