/// What nobody can guess.
enum RandomSecret {
    /// 256 bits from the system.
    static func bytes() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<4).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
    }
}
