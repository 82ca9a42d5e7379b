"""PyTorch's side of network.bench.js: convolutions and an LSTM over tokens, in the fastest form that was found of it on
a CPU (the first convolution as a sum of rows of a table, the second as one product; one-hot tokens, conv1d, embedding_bag
and Adam's foreach form are no faster). Answers lines of JSON: ["gradients", vocabulary, batch] and ["steps", vocabulary,
batch, how many]."""

import ctypes
import json
import sys
import time

import numpy
import torch
import torch.nn.functional as F

folder, threads = sys.argv[1], int(sys.argv[2])
given = json.load(open(f"{folder}/problem.json"))
TAPS = 3
STEPS, MAPS1, MAPS2, UNITS = given["steps"], given["maps1"], given["maps2"], given["units"]
torch.set_num_threads(threads)
torch.set_num_interop_threads(1)


def blas():
    try:
        library = ctypes.CDLL("libopenblas.so.0")
        library.openblas_get_corename.restype = ctypes.c_char_p
        library.openblas_get_config.restype = ctypes.c_char_p
        version = library.openblas_get_config().decode().split()[1]
        return f"OpenBLAS {version}, its {library.openblas_get_corename().decode()} kernels"
    except OSError:
        return None


class Network:
    def __init__(self, vocabulary, batch):
        flat = torch.from_numpy(numpy.fromfile(f"{folder}/weights-{vocabulary}", numpy.float32))
        shapes = given["shapes"][str(vocabulary)]
        parts = flat.split([numpy.prod(shape) for shape in shapes])
        kernel1, bias1, kernel2, bias2, kernel, bias, output, output_bias = (
            part.reshape(shape).clone() for part, shape in zip(parts, shapes)
        )
        # The last row stands for what lies beyond the ends: zeros, and no gradient.
        table = torch.cat([kernel1.reshape(TAPS * vocabulary, MAPS1), torch.zeros(1, MAPS1)])
        self.table, self.bias1, self.kernel2, self.bias2, self.output, self.output_bias = (
            each.requires_grad_() for each in (table, bias1, kernel2, bias2, output, output_bias)
        )
        self.lstm = torch.nn.LSTM(MAPS2, UNITS, batch_first=True)
        with torch.no_grad():
            self.lstm.weight_ih_l0.copy_(kernel[:MAPS2].T)
            self.lstm.weight_hh_l0.copy_(kernel[MAPS2:].T)
            self.lstm.bias_ih_l0.copy_(bias)
            self.lstm.bias_hh_l0.zero_()
        tokens = numpy.fromfile(f"{folder}/tokens-{vocabulary}", numpy.uint32)[: batch * STEPS]
        padded = numpy.full((batch, STEPS + 2), -1, numpy.int64)
        padded[:, 1:-1] = tokens.reshape(batch, STEPS)
        taps = [padded[:, tap : tap + STEPS] for tap in range(TAPS)]
        rows = [numpy.where(tap < 0, TAPS * vocabulary, tap + k * vocabulary) for k, tap in enumerate(taps)]
        self.rows = torch.from_numpy(numpy.stack(rows, 2))
        self.beyond = TAPS * vocabulary
        self.targets = torch.tensor(given["targets"][:batch])
        self.first = [self.table, self.bias1, self.kernel2, self.bias2]
        parameters = [*self.first, *self.lstm.parameters(), self.output, self.output_bias]
        self.adam = torch.optim.Adam(parameters, lr=1e-3)

    def loss(self, dropout):
        x = F.embedding(self.rows, self.table, padding_idx=self.beyond).sum(2) + self.bias1
        x = F.max_pool1d(torch.relu(x).transpose(1, 2), 2).transpose(1, 2)
        x = F.pad(x, (0, 0, 1, 1)).unfold(1, TAPS, 1).transpose(2, 3).flatten(2)
        x = x @ self.kernel2.reshape(-1, MAPS2) + self.bias2
        x = F.max_pool1d(torch.relu(x).transpose(1, 2), 2).transpose(1, 2)
        x = F.dropout(self.lstm(x)[0].mean(1), dropout)
        return F.cross_entropy(x @ self.output + self.output_bias, self.targets)

    def gradients(self):
        loss = self.loss(0)
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        lstm = self.lstm
        found = [self.table.grad[:-1], self.bias1.grad, self.kernel2.grad, self.bias2.grad]
        found += [lstm.weight_ih_l0.grad.T, lstm.weight_hh_l0.grad.T, lstm.bias_ih_l0.grad]
        found += [self.output.grad, self.output_bias.grad]
        return {"loss": loss.item(), "gradients": torch.cat([each.flatten() for each in found]).tolist()}

    def step(self):
        loss = self.loss(0.5)
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        self.adam.step()

    def steps(self, count):
        wall, processor = time.perf_counter(), time.process_time()
        for _ in range(count):
            self.step()
        return {"wall": (time.perf_counter() - wall) / count, "processor": (time.process_time() - processor) / count}


networks = {}
print(json.dumps({"version": torch.__version__, "blas": blas()}), flush=True)
for line in sys.stdin:
    task, vocabulary, batch, *rest = json.loads(line)
    if (vocabulary, batch) not in networks:
        networks[vocabulary, batch] = Network(vocabulary, batch)
    network = networks[vocabulary, batch]
    print(json.dumps(getattr(network, task)(*rest)), flush=True)
