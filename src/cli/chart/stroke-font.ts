import type { Point } from './drawing.ts'

/**
 * Letters as pen strokes, drawn for this program: a picture then needs no font, and looks the same everywhere. A line
 * holds a character and its strokes, apart by bars; a stroke is points of two digits, x to the right and y down. Capitals
 * stand from 0 to 6, small letters from 2, tails reach 8. A stroke that begins with ~ is a curve.
 */
const LETTERS = `
0 ~10 30 41 45 36 16 05 01 10
1 11 20 26|16 36
2 ~01 10 30 41 42 33 06|06 46
3 ~01 10 30 41 42 33 23|~23 33 44 45 36 16 05
4 36 30 04 44
5 40 00 03|~03 12 32 43 45 36 16 05
6 ~41 30 10 01 05 16 36 45 44 33 13 04
7 00 40 16
8 ~10 30 41 42 33 13 02 01 10|~13 33 44 45 36 16 05 04 13
9 ~05 16 36 45 41 30 10 01 02 13 33 42
A 06 20 46|14 34
B 06 00|00 20|~20 30 41 42 33 23|03 23|~23 33 44 45 36 26|26 06
C ~41 30 10 01 05 16 36 45
D 06 00|00 20|~20 30 41 45 36 26|26 06
E 40 00 06 46|03 33
F 40 00 06|03 33
G ~41 30 10 01 05 16 36 45|45 43 23
H 00 06|40 46|03 43
I 00 20|10 16|06 26
J 40 44|~44 45 36 16 05
K 00 06|40 03 46
L 00 06 46
M 06 00 23 40 46
N 06 00 46 40
O ~10 30 41 45 36 16 05 01 10
P 06 00|00 20|~20 30 41 42 33 23|23 03
Q ~10 30 41 45 36 16 05 01 10|24 46
R 06 00|00 20|~20 30 41 42 33 23|23 03|23 46
S ~41 30 10 01 02 13 33 44 45 36 16 05
T 00 40|20 26
U 00 04|~04 05 16 36 45 44|44 40
V 00 26 40
W 00 16 32 46 60
X 00 46|40 06
Y 00 23 40|23 26
Z 00 40 06 46
a ~03 12 22 33 34|34 36|~34 14 05 16 26 35
b 00 06|~03 12 22 33 35 26 16 05
c ~33 22 12 03 05 16 26 35
d 30 36|~33 22 12 03 05 16 26 35
e 04 34|~34 33 22 12 03 05 16 26 35
f ~30 20 11 12|12 16|02 22
g 32 37|~37 28 18 07|~33 22 12 03 05 16 26 35
h 00 06|~03 12 22 33 34|34 36
i 02 06|00
j 12 17|~17 18 08|10
k 00 06|32 04 36
l 00 06
m 02 06|~03 12 22 23 24|24 26|~23 32 42 43 44|44 46
n 02 06|~03 12 22 33 34|34 36
o ~12 22 33 35 26 16 05 03 12
p 02 08|~03 12 22 33 35 26 16 05
q 32 38|~33 22 12 03 05 16 26 35
r 02 06|~04 03 12 22
s ~33 22 12 03 14 24 35 26 16 05
t 10 14|~14 15 16 26|02 22
u 02 04|~04 05 16 26 35|32 36
v 02 26 42
w 02 16 32 46 62
x 02 36|32 06
y 02 26|42 18
z 02 32 06 36
. 06
, 06 08
: 03|06
; 03|06 08
! 00 04|06
? ~01 10 20 31 32 23 14|16
' 00 01
" 00 01|20 21
- 04 24
_ 07 47
+ 04 44|22 26
± 03 43|21 25|06 46
= 03 43|05 45
/ 07 30
\\ 00 37
( ~10 02 05 17
) ~00 12 15 07
[ 10 00 07 17
] 00 10 17 07
{ ~20 11 12 03 14 16 27
} ~00 11 12 23 14 16 07
| 00 08
% ~10 21 12 01 10|~34 45 36 25 34|40 06
# 10 16|30 36|02 42|04 44
& ~46 12 11 20 31 04 05 16 26 44
* 22 26|04 44|12 36|32 16
$ ~41 30 10 01 02 13 33 44 45 36 16 05|20 26
@ ~45 16 05 01 10 30 41 43 34 32 12 23 34
^ 02 10 22
\` 00 11
~ ~05 14 34 43
< 32 04 36
> 02 34 06
`

/** What stands for characters that have no strokes. */
const MISSING: Letter = { strokes: [[...'00 40 46 06 00'.split(' ')].map(point)], width: 4 }

/** Signs that are drawn as others. */
const ALIKE: Readonly<Record<string, string>> = { '–': '-', '−': '-', '…': '...', '’': "'" }

const SPACE = 3
const GAP = 2
/** Size of a unit as a share of the size of the text, so that capitals are as tall as those of common fonts. */
const UNIT = 0.12

interface Letter {
  readonly strokes: readonly (readonly Point[])[]
  readonly width: number
}

const letters = new Map<string, Letter>(
  LETTERS.trim()
    .split('\n')
    .map((line) => [line[0]!, letterOf(line.slice(2))]),
)

/** The pen strokes of a line of text that begins at 0, 0 on its base line, and its width, at a size in pixels. */
export function strokesOf(text: string, size: number): { strokes: Point[][]; width: number } {
  const unit = size * UNIT
  const strokes: Point[][] = []
  let at = 0
  for (const sign of text.replaceAll(/[–−…’]/g, (found) => ALIKE[found]!)) {
    if (sign === ' ') {
      at += SPACE
      continue
    }
    const letter = letters.get(sign) ?? MISSING
    for (const points of letter.strokes) {
      strokes.push(points.map(([x, y]): Point => [(at + x) * unit, (y - 6) * unit]))
    }
    at += letter.width + GAP
  }
  return { strokes, width: Math.max(0, at - GAP) * unit }
}

function letterOf(text: string): Letter {
  const strokes = text.split('|').map((stroke) => {
    const points = stroke.replace('~', '').split(' ').map(point)
    return stroke.startsWith('~') ? rounded(rounded(points)) : points
  })
  return { strokes, width: Math.max(...strokes.flatMap((points) => points.map(([x]) => x))) }
}

function point(digits: string): Point {
  return [Number(digits[0]), Number(digits[1])]
}

/** The line with its corners cut (Chaikin, "An algorithm for high-speed curve generation", 1974); ends stay. */
function rounded(points: readonly Point[]): Point[] {
  const between = (a: Point, b: Point, share: number): Point => [
    a[0] + (b[0] - a[0]) * share,
    a[1] + (b[1] - a[1]) * share,
  ]
  const cut = points
    .slice(1)
    .flatMap((end, i) => [between(points[i]!, end, 0.25), between(points[i]!, end, 0.75)])
  return [points[0]!, ...cut, points.at(-1)!]
}
