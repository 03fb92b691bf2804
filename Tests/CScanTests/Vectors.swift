// Published vectors, read from the folder FASTVERIFY_VECTORS names, else beside the package.
import Foundation

enum Vectors {
    static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["FASTVERIFY_VECTORS"] { return URL(fileURLWithPath: named) }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..")
        return package.appending(path: "../shared/vectors").standardizedFileURL
    }()

    /// Whether a suite's folder is there; prints the skip so that nobody takes silence for success.
    static func present(_ path: String) -> Bool {
        let there = FileManager.default.fileExists(atPath: folder.appending(path: path).path)
        if !there { print("SKIPPED: no vectors in \(folder.appending(path: path).path)") }
        return there
    }

    static func json(_ path: String) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appending(path: path)))
    }

    static func files(_ path: String) throws -> [(name: String, bytes: [UInt8])] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: path).path).sorted()
        return try names.filter { $0.hasSuffix(".json") }.map {
            ($0, Array(try Data(contentsOf: folder.appending(path: "\(path)/\($0)"))))
        }
    }
}
