"""What a file is written in, told by its name alone: files are never opened."""

from __future__ import annotations

# Named as GitHub names them. A suffix that several languages share goes to the usual one.
_LANGUAGES = """
Ada: adb ads
Assembly: asm s
Astro: astro
Batchfile: bat cmd
C: c h
C#: cs csx
C++: cc cpp cxx hh hpp hxx ipp
Clojure: clj cljc cljs
CMake: cmake
COBOL: cob cbl
CoffeeScript: coffee
Common Lisp: lisp lsp
Crystal: cr
CSS: css
Cuda: cu cuh
Cython: pyx pxd
D: d
Dart: dart
Elixir: ex exs
Elm: elm
Emacs Lisp: el
Erlang: erl hrl
F#: fs fsi fsx
Fortran: f f03 f08 f77 f90 f95 for
GDScript: gd
GLSL: glsl frag vert
Go: go
GraphQL: graphql gql
Groovy: groovy gradle
Haskell: hs lhs
Haxe: hx
HCL: tf hcl tfvars
HTML: html htm
Java: java
JavaScript: js cjs mjs jsx
Julia: jl
Jupyter Notebook: ipynb
Kotlin: kt kts
Less: less
Lua: lua
MATLAB: mlx
Metal: metal
Nim: nim
Nix: nix
Objective-C: m mm
OCaml: ml mli
Pascal: pas pp dpr
Perl: pl pm
PHP: php phtml
PLpgSQL: plpgsql
PowerShell: ps1 psm1 psd1
Prolog: pro
Protocol Buffer: proto
Python: py pyi pyw
QML: qml
R: r rmd
Racket: rkt
Ruby: rb rake gemspec
Rust: rs
Scala: scala sc sbt
Scheme: scm ss
SCSS: scss sass
Shell: sh bash zsh fish ksh
Smalltalk: st
Solidity: sol
SQL: sql
Starlark: bzl
Svelte: svelte
Swift: swift
SystemVerilog: sv svh
Tcl: tcl
TeX: tex sty cls bib
TypeScript: ts tsx mts cts
Vala: vala
Verilog: v
VHDL: vhd vhdl
Vim Script: vim
Visual Basic .NET: vb
Vue: vue
WebAssembly: wat
XSLT: xsl xslt
Zig: zig
"""
_FORMATS = """
AsciiDoc: adoc asciidoc
CSV: csv tsv
Gettext catalogues: po pot
INI: ini cfg conf
JSON: json json5 jsonc
Markdown: md mdx markdown
reStructuredText: rst
SVG: svg
TOML: toml
XML: xml xsd
YAML: yml yaml
"""
_NAMES = {
    b"dockerfile": "Dockerfile",
    b"containerfile": "Dockerfile",
    b"makefile": "Makefile",
    b"gnumakefile": "Makefile",
    b"cmakelists.txt": "CMake",
    b"jenkinsfile": "Groovy",
    b"rakefile": "Ruby",
    b"gemfile": "Ruby",
    b"vagrantfile": "Ruby",
    b"build.bazel": "Starlark",
    b"workspace": "Starlark",
}


def _suffixes(table: str) -> dict[bytes, str]:
    entries = (line.split(": ") for line in table.strip().splitlines())
    return {f".{suffix}".encode(): name for name, suffixes in entries for suffix in suffixes.split()}


_BY_SUFFIX = _suffixes(_LANGUAGES)
LANGUAGES = frozenset(_BY_SUFFIX.values())  # what a repository or a person may be said to write
_BY_SUFFIX |= _suffixes(_FORMATS)


def kind_of(file_name: bytes) -> str | None:
    """The language or format of a file, None when its name tells none."""
    name = file_name.lower()
    dot = name.rfind(b".")
    return (_BY_SUFFIX.get(name[dot:]) if dot > 0 else None) or _NAMES.get(name)
