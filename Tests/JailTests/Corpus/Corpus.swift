/// Every attack, in groups.
package enum Corpus {
  package static var all: [Attack] {
    files + programs + processes + network + kernel + namespaces + resources + identity
  }
}
