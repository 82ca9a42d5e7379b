extern "C" __attribute__((export_name("probe"))) int probe(const double* x, int n) { double s=0; for(int i=0;i<n;i++) s+=x[i]; return (int)s; }
