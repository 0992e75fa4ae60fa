/** Rooms that `node cli/screenshots.ts` takes pictures of, in both themes. */
export type ScreenshotName = 'overview' | 'campaigns' | 'decision' | 'live'

/** Pixels of the files; the page scales them down. */
const WIDTH = 1920
const HEIGHT = 1200

/**
 * A picture of a room of the console on demo data, in the theme of the page. Both themes are in the markup, because the
 * page can switch without the server; the one that is not shown is lazy and hidden, so browsers do not load it.
 * @param alt what the picture shows, for whoever does not see it
 */
export function Screenshot({ name, alt, className = '' }: { name: ScreenshotName; alt: string; className?: string }) {
  return (
    <figure className={`overflow-hidden rounded-lg border border-line bg-sunken shadow-pop ${className}`}>
      {(['light', 'dark'] as const).map((theme) => (
        // biome-ignore lint/performance/noImgElement: already compressed and sized by the script; the optimizer adds nothing
        <img
          key={theme}
          src={`/screenshots/${name}-${theme}.webp`}
          width={WIDTH}
          height={HEIGHT}
          alt={alt}
          loading="lazy"
          decoding="async"
          className={`only-${theme} h-auto w-full`}
        />
      ))}
    </figure>
  )
}
