/*
 * What IDA Pro is told to do, in its own language IDC: do not hide the functions of known libraries, wait for the end of the
 * analysis, show what is hidden all the same, write the listing, then a line by which a whole listing is told from one cut
 * off, and exit. The path of the listing is the script's one argument.
 *
 * After "IDC: list of functions" of IDA's help and the scripts `analysis.idc` that come with it. Version 7 gave all functions
 * new names. A call of a name that IDA does not have would keep the whole script from running, so only those are used that
 * all versions of their half have.
 */

/** The last line of a whole listing. */
export const END_MARK = '; taxon: end of listing'

/** Status with which the scripts exit when they cannot write. */
export const CANNOT_WRITE = 3

/** For IDA Pro 7 and newer. */
export const SCRIPT = `#include <idc.idc>

static main()
{
  auto file, ea, flags;
  set_inf_attr(INF_AF, get_inf_attr(INF_AF) & ~AF_HFLIRT);
  auto_wait();
  for (ea = get_next_fchunk(0); ea != BADADDR; ea = get_next_fchunk(ea)) {
    flags = get_fchunk_attr(ea, FUNCATTR_FLAGS);
    if (flags & FUNC_HIDDEN) set_fchunk_attr(ea, FUNCATTR_FLAGS, flags & ~FUNC_HIDDEN);
  }
  file = fopen(ARGV[1], "w");
  if (file == 0) qexit(${CANNOT_WRITE});
  gen_file(OFILE_LST, file, 0, BADADDR, 0);
  fclose(file);
  file = fopen(ARGV[1], "a");
  fprintf(file, "\\n${END_MARK}\\n");
  fclose(file);
  qexit(0);
}
`

/** For IDA Pro 5.7 to 6.95. */
export const OLD_SCRIPT = `#include <idc.idc>

static main()
{
  auto file, ea, flags;
  SetShortPrm(INF_AF2, GetShortPrm(INF_AF2) & ~AF2_HFLIRT);
  Wait();
  for (ea = NextFunction(0); ea != BADADDR; ea = NextFunction(ea)) {
    flags = GetFunctionFlags(ea);
    if (flags & FUNC_HIDDEN) SetFunctionFlags(ea, flags & ~FUNC_HIDDEN);
  }
  file = fopen(ARGV[1], "w");
  if (file == 0) Exit(${CANNOT_WRITE});
  GenerateFile(OFILE_LST, file, 0, BADADDR, 0);
  fclose(file);
  file = fopen(ARGV[1], "a");
  fprintf(file, "\\n${END_MARK}\\n");
  fclose(file);
  Exit(0);
}
`
