import type { ReactNode } from 'react';

/** Two colours of the ground, one of the thing and one of its details. */
const PALETTES = [
  ['#f6dfd0', '#eebfa8', '#8f2f23', '#fff4e6'],
  ['#dfe8e0', '#b9cfc0', '#22594a', '#f3faf0'],
  ['#dde4f0', '#b9c7e0', '#2b4374', '#f2f6ff'],
  ['#f3e6c8', '#e3c98c', '#6b4a10', '#fff8e4'],
  ['#e9dfee', '#cdb8d9', '#57356c', '#faf3ff'],
] as const;

type Drawing = (main: string, detail: string) => ReactNode;

const phone: Drawing = (main, detail) => (
  <g transform="rotate(-9 200 150)">
    <rect x="150" y="52" width="104" height="200" rx="20" fill={main} />
    <rect x="159" y="62" width="86" height="180" rx="12" fill={detail} />
    <circle cx="202" cy="76" r="4" fill={main} />
    <rect x="172" y="100" width="60" height="60" rx="14" fill={main} opacity=".82" />
    <path d="M172 184h60M172 200h42M172 216h52" stroke={main} strokeWidth="7" opacity=".5" />
  </g>
);
const headphones: Drawing = (main, detail) => (
  <g>
    <path d="M112 180v-18a88 88 0 0 1 176 0v18" fill="none" stroke={main} strokeWidth="20" />
    <rect x="94" y="160" width="48" height="86" rx="22" fill={main} />
    <rect x="258" y="160" width="48" height="86" rx="22" fill={main} />
    <rect x="106" y="176" width="14" height="54" rx="7" fill={detail} />
    <rect x="280" y="176" width="14" height="54" rx="7" fill={detail} />
  </g>
);
const keyboard: Drawing = (main, detail) => (
  <g transform="rotate(-7 200 160)">
    <rect x="66" y="104" width="268" height="116" rx="18" fill={main} />
    {[0, 1, 2].map((row) =>
      [0, 1, 2, 3, 4, 5, 6, 7].map((column) => (
        <rect
          key={`${row}-${column}`}
          x={82 + column * 30 + row * 3}
          y={118 + row * 28}
          width="23"
          height="21"
          rx="5"
          fill={detail}
          opacity={(row * 5 + column * 3) % 7 === 0 ? 0.55 : 1}
        />
      )),
    )}
    <rect x="146" y="202" width="106" height="10" rx="5" fill={detail} />
  </g>
);
const coffee: Drawing = (main, detail) => (
  <g>
    <path
      d="M168 78c-12-16 10-24 0-42M200 78c-12-16 10-24 0-42M232 78c-12-16 10-24 0-42"
      fill="none"
      stroke={main}
      strokeWidth="7"
      strokeLinecap="round"
      opacity=".55"
    />
    <path d="M128 104h144v60a62 62 0 0 1-62 62h-20a62 62 0 0 1-62-62z" fill={main} />
    <path d="M270 122h14a28 28 0 0 1 0 56h-18" fill="none" stroke={main} strokeWidth="15" />
    <ellipse cx="200" cy="106" rx="62" ry="11" fill={detail} />
    <rect x="98" y="240" width="204" height="13" rx="6" fill={main} />
  </g>
);
const shirt: Drawing = (main, detail) => (
  <g>
    <path
      d="M150 74l-66 42 22 46 26-14v104h136V148l26 14 22-46-66-42c-14 30-86 30-100 0z"
      fill={main}
    />
    <rect x="216" y="150" width="34" height="30" rx="5" fill={detail} />
  </g>
);
const book: Drawing = (main, detail) => (
  <g transform="rotate(6 200 150)">
    <rect x="132" y="58" width="140" height="190" rx="10" fill={main} />
    <rect x="146" y="58" width="8" height="190" fill={detail} opacity=".5" />
    <rect x="174" y="92" width="76" height="48" rx="5" fill={detail} />
    <path d="M132 232h140" stroke={detail} strokeWidth="7" />
  </g>
);
const parcel: Drawing = (main, detail) => (
  <g>
    <path d="M92 118l108-48 108 48v98l-108 52-108-52z" fill={main} />
    <path d="M92 118l108 48 108-48M200 166v102" fill="none" stroke={detail} strokeWidth="6" />
    <path d="M146 94l108 48v38" fill="none" stroke={detail} strokeWidth="13" />
  </g>
);

const DRAWINGS: [RegExp, Drawing][] = [
  [/手机|phone|平板|pad/i, phone],
  [/耳机|音|headphone|audio|earbud/i, headphones],
  [/键盘|键鼠|外设|keyboard|电脑|laptop/i, keyboard],
  [/咖啡|茶|食|饮|coffee|tea|food|杯/i, coffee],
  [/衣|服|衫|鞋|shirt|wear|cloth/i, shirt],
  [/书|本|book|文具/i, book],
];

interface Props {
  id: number;
  name: string;
  category?: string;
  url?: string;
  className?: string;
  /** Of the largest picture above the fold. */
  eager?: boolean;
}

/** A product's picture: its own, or one drawn for what it is. The name stands beside it, so it is
 * decoration for a screen reader. */
export function Art({ id, name, category = '', url = '', className = '', eager = false }: Props) {
  if (/^(https?:\/)?\//.test(url)) {
    const loading = eager ? 'eager' : 'lazy';
    return (
      <img
        className={`art ${className}`}
        src={url}
        alt=""
        loading={loading}
        width={400}
        height={300}
      />
    );
  }
  const [light, deep, main, detail] = PALETTES[id % PALETTES.length] ?? PALETTES[0];
  const draw =
    DRAWINGS.find(([words]) => words.test(name))?.[1] ??
    DRAWINGS.find(([words]) => words.test(category))?.[1] ??
    parcel;
  return (
    <svg
      className={`art ${className}`}
      viewBox="0 0 400 300"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
    >
      <rect width="400" height="300" fill={light} />
      <circle cx={id % 2 ? 300 : 110} cy="96" r="118" fill={deep} opacity=".55" />
      <path d={`M0 ${232 + (id % 3) * 8}q100 -30 200 0t200 0V300H0z`} fill={deep} />
      {draw(main, detail)}
    </svg>
  );
}
