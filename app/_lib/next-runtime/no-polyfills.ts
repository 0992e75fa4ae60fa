/** Stands in for Next's polyfills of String.trimStart, Array.flat, URL.canParse and the like: every browser we serve has them. */
export {}
