import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

@testable import Command

/// The line reader, piece by piece and in the whole tool.
@Suite struct StreamingTests {
    /// The lines that a reader with a small block finds, and their numbers; a line over the limit as "!".
    private func lines(_ text: String, block: Int, limit: Int) throws -> [String] {
        try withTool { tool in
            var reader = TokenLines(
                try InputFile(tool.file("lines", text)), tokenLimit: limit, blockSize: block)
            var group = LineGroup()
            var found: [String] = []
            while try reader.next(into: &group) {
                #expect(!group.isEmpty && group.count <= TokenLines.groupSize)
                for (token, number) in zip(group.tokens, group.numbers) {
                    found.append("\(number):" + (token.count > limit ? "!" : String(decoding: token, as: UTF8.self)))
                }
            }
            #expect(reader.bytesRead == text.utf8.count)
            return found
        }
    }

    @Test(arguments: 1...40)
    func everyBlockSize(block: Int) throws {
        let long = String(repeating: "x", count: 100)
        let text = "first\n\nthird\r\n\r\n12345678\n12345678\r\n123456789\n123456789\r\n\(long)\n\(long)\r\nlast.one"
        #expect(
            try lines(text, block: block, limit: 8)
                == ["1:first", "3:third", "5:12345678", "6:12345678", "7:!", "8:!", "9:!", "10:!", "11:last.one"])
    }

    @Test func endings() throws {
        #expect(try lines("", block: 4, limit: 8) == [])
        #expect(try lines("\n\n\r\n", block: 4, limit: 8) == [])
        #expect(try lines("a", block: 4, limit: 8) == ["1:a"])
        #expect(try lines("a\r", block: 4, limit: 8) == ["1:a"])
        #expect(try lines("\r", block: 4, limit: 8) == [])
        // Exactly one carriage return goes; other white space is the verifier's business.
        #expect(try lines("a\r\r\n b \n", block: 4, limit: 8) == ["1:a\r", "2: b "])
        #expect(try lines("123456789", block: 4, limit: 8) == ["1:!"])
        #expect(try lines("12345678\r", block: 4, limit: 8) == ["1:12345678"])
        #expect(try lines(String(repeating: "x", count: 1000), block: 4, limit: 8) == ["1:!"])
    }

    @Test func groupsAreBounded() throws {
        let count = 3 * TokenLines.groupSize + 1
        let text = (1...count).map { "\($0)\n" }.joined()
        #expect(try lines(text, block: 1 << 20, limit: 8) == (1...count).map { "\($0):\($0)" })
    }

    /// Over 2 MiB of tokens: some stand across the boundaries of the tool's blocks.
    @Test func tokensAcrossBlocks() throws {
        let tokens = try Tokens()
        let padding = String(repeating: "p", count: 3000)
        let valid = try tokens.valid(",\"p\":\"\(padding)\"")
        let count = (2 << 20) / valid.utf8.count + 50
        try withTool { tool in
            let input = (0..<count).map { _ in valid }.joined(separator: "\n")
            let outcome = try tool.verify(input)
            #expect(outcome.status == 0)
            #expect(outcome.lines == (1...count).map { #"{"line":\#($0),"valid":true,"sub":"alice"}"# })
        }
    }

    @Test func lineOf3MiB() throws {
        let valid = try Tokens().valid()
        try withTool { tool in
            let long = String(repeating: "a", count: 3 << 20)
            let outcome = try tool.verify("\(valid)\n\(long)\n\(valid)\r\n\(long)")
            #expect(outcome.status == 1)
            #expect(
                outcome.lines == [
                    #"{"line":1,"valid":true,"sub":"alice"}"#, #"{"line":2,"valid":false,"error":"token_too_large"}"#,
                    #"{"line":3,"valid":true,"sub":"alice"}"#, #"{"line":4,"valid":false,"error":"token_too_large"}"#,
                ])
        }
    }

    @Test func emptyInput() throws {
        try withTool { tool in
            let outcome = try tool.verify("")
            #expect(outcome.status == 0 && outcome.output == "" && outcome.errors == "")
            #expect(try tool.verify("\n\r\n\n").output == "")
        }
    }

    /// 200 MiB in lines of many lengths, one of them 50 MiB long.
    @Test func constantMemory() throws {
        let tokens = try Tokens()
        let large = try tokens.valid(",\"p\":\"\(String(repeating: "p", count: 40_000))\"")
        let junk = String(repeating: "j", count: 60_000)
        try withTool { tool in
            let unit = Array("\(large)\n\(junk)\n".utf8)
            var input: [UInt8] = []
            input.reserveCapacity(200 << 20)
            while input.count < 75 << 20 { input += unit }
            input += [UInt8](repeating: UInt8(ascii: "x"), count: 50 << 20) + [UInt8(ascii: "\n")]
            while input.count < 200 << 20 { input += unit }
            let file = try tool.file("large", input)
            let outcome = try tool.run(Tokens.arguments(tool) + ["--format", "summary", file], measuring: true)
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("token_too_large"))
            #expect(outcome.peakMemory > 0 && outcome.peakMemory < 100 << 10, "\(outcome.peakMemory) KiB")
        }
    }

    /// A verdict does not wait for the end of the input, nor for more tokens.
    @Test func answersAsTokensCome() throws {
        let valid = try Tokens().valid()
        try withTool { tool in
            try tool.file("secret", Tokens.secret)
            var toTool: [Int32] = [0, 0]
            var fromTool: [Int32] = [0, 0]
            try #require(pipe(&toTool) == 0 && pipe(&fromTool) == 0)
            for end in toTool + fromTool { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_adddup2(&actions, toTool[0], 0)
            posix_spawn_file_actions_adddup2(&actions, fromTool[1], 1)
            let words = try ([Tool.binary] + Tokens.arguments(tool) + ["-"]).map { strdup($0) } + [nil]
            defer { for word in words { free(word) } }
            var child: pid_t = 0
            try #require(posix_spawn(&child, Tool.binary, &actions, nil, words, [nil]) == 0)
            close(toTool[0])
            close(fromTool[1])
            for number in 1...3 {
                let line = Array("\(valid)\n".utf8)
                #expect(write(toTool[1], line, line.count) == line.count)
                var answer = pollfd(fd: fromTool[0], events: Int16(POLLIN), revents: 0)
                try #require(poll(&answer, 1, 20_000) == 1)
                var text = [UInt8](repeating: 0, count: 256)
                let count = read(fromTool[0], &text, text.count)
                #expect(
                    String(decoding: text[..<max(0, count)], as: UTF8.self)
                        == #"{"line":\#(number),"valid":true,"sub":"alice"}"# + "\n")
            }
            close(toTool[1])
            var status: Int32 = 1
            waitpid(child, &status, 0)
            #expect(status == 0)
            close(fromTool[0])
        }
    }
}
