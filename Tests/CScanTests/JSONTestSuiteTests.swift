// JSONTestSuite (Seriot, "Parsing JSON is a Minefield"); what its open cases mean here is security.md §3.
import CScan
import Testing

@Suite(.enabled(if: Vectors.present("jsontestsuite/test_parsing")))
struct JSONTestSuiteTests {
    @Test(arguments: Implementation.all) func parsing(_ implementation: Implementation) throws {
        let scratch = Scratch()
        let cases = try Vectors.files("jsontestsuite/test_parsing")
        #expect(cases.count == 318)
        for (name, text) in cases {
            let status = implementation.validate(text, scratch)
            switch name.prefix(2) {
            case "y_" where name.hasPrefix("y_object_duplicated_key"): #expect(status == FVS_DUPLICATE, "\(name)")
            case "y_": #expect(status == FVS_OK, "\(name)")
            case "n_" where name.contains("100000_opening") || name.contains("open_array_object"):
                #expect(status == FVS_DEPTH, "\(name)")
            case "n_": #expect(status == FVS_SYNTAX || status == FVS_ENCODING, "\(name)")
            default: #expect(status == open(name), "\(name)")
            }

            // The claims entry: the same verdict, only that the top has to be an object.
            let scan = implementation.scan(text, scratch)
            let isObject = text.first { !" \n\r\t".utf8.contains($0) } == UInt8(ascii: "{")
            #expect(scan.status == (status == FVS_OK && !isObject ? FVS_NOT_OBJECT : status), "\(name)")
        }
    }

    private func open(_ name: String) -> fvs_status {
        if name.hasPrefix("i_number") { return FVS_OK }
        if name.contains("500_nested_arrays") { return FVS_DEPTH }
        if name.contains("BOM") || name.lowercased().contains("utf16") { return FVS_SYNTAX }
        return FVS_ENCODING
    }

    @Test(arguments: Implementation.all) func transform(_ implementation: Implementation) throws {
        let scratch = Scratch()
        for (name, text) in try Vectors.files("jsontestsuite/test_transform") {
            let status = implementation.validate(text, scratch)
            if name.hasPrefix("object_same_key") {
                #expect(status == FVS_DUPLICATE, "\(name)")
            } else if name.contains("invalid_codepoint") {
                #expect(status == FVS_ENCODING, "\(name)")
            } else {
                #expect(status == FVS_OK, "\(name)")
            }
            if name.hasPrefix("object_key_nf") {
                let members = implementation.scan(text, scratch).members
                #expect(members.count == 2 && text[members[0].name] != text[members[1].name], "\(name)")
            }
        }
    }
}
