import 'uplot/dist/uPlot.min.css';

import { useEffect, useRef } from 'react';
import uPlot from 'uplot';

interface Props {
  label: string;
  /** Unix seconds and values. */
  times: number[];
  values: number[];
}

const HEIGHT = 240;

/** A picture of numbers that also stand beside it as text. */
export function Chart({ label, times, values }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const colour = (name: string) =>
      getComputedStyle(document.documentElement).getPropertyValue(name);
    const axis = { stroke: colour('--ink-soft'), grid: { stroke: colour('--line'), width: 1 } };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        axes: [axis, axis],
        scales: { y: { range: (_, __, max) => [0, Math.max(1, max)] } },
        series: [
          {},
          { label, stroke: colour('--cinnabar'), width: 2, fill: colour('--cinnabar-wash') },
        ],
      },
      [[], []],
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, [label]);
  useEffect(() => plot.current?.setData([times, values]), [times, values]);
  return <div ref={frame} role="img" aria-label={label} style={{ minHeight: HEIGHT }} />;
}
